-- Settings of transactions that search.

-- name: plan_anew
-- Statements that are narrowed by whatever is given want a plan for each choice.
SET LOCAL plan_cache_mode = force_custom_plan;
