"""What deployers share that show a release whole: `root/current` is a link that changes in one step."""
