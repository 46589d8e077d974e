"""The statements that move, count and pause jobs; each file of ../store has its own beside it here.

Each statement takes arrays and has a guard. What the guard refuses is not returned, and the caller counts it. Time is
the database's: now(), or clock_timestamp() where a statement may have waited for a lock. docs/state_machine.md draws
the transitions.

Some statements run for every booking. They unnest their first array from a sub-select, so that the planner takes any
batch for ten rows. A plan made for one batch is then never cheaper by more than the planning costs, and PostgreSQL
keeps one plan. Their guards compare states by IS NOT DISTINCT FROM, or as they were locked. By `=` the planner would
choose the partial index of a state, which is short when plans are made and long in a burst.
"""
