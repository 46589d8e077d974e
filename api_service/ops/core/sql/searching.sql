-- Settings of transactions that search.

-- name: plan_anew
-- Statements with optional filters need a plan for each choice of filters.
SET LOCAL plan_cache_mode = force_custom_plan;
