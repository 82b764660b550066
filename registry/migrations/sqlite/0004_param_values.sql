-- Runs are looked for by the value of a parameter; MLflow's own index knows parameters by name only. The one thing
-- of ours on a table of MLflow's: an index changes no row, and MLflow neither sees nor misses it.
CREATE INDEX IF NOT EXISTS gauntlet_params_value ON params ("key", value, run_uuid);
