"""Fleet: edges, which receive releases and may be offline, and the part of a hub that they speak to.

Why below the orchestrator: an edge has no graph, no template and no cycle. It takes releases that were made elsewhere,
so all it needs is the stage that deploys, the state and the hooks; what a hub keeps of its edges is rows of the state.
What merges an edge's edit into a project is the project's, above.
"""
