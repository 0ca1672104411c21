-- Precondition 1: the four columns of the migration exist.
SELECT count(*) AS columns
  FROM pragma_table_info('user_profiles')
 WHERE name IN ('full_pass_status', 'full_pass_started_at', 'full_pass_completed_at', 'full_pass_error')
