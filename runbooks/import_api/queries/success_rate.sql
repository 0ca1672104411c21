-- Query 1: how many of one side's imports succeeded, of those that ended in the span.
-- success_rate_pct is NULL where none ended: no rate was measured then.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
)
SELECT
    count(*) FILTER (WHERE full_pass_status = 'complete') AS ok,
    count(*) FILTER (WHERE full_pass_status = 'failed') AS failed,
    count(*) AS total,
    100.0 * count(*) FILTER (WHERE full_pass_status = 'complete') / nullif(count(*), 0) AS success_rate_pct
  FROM user_profiles, span
 WHERE pipeline = :side AND full_pass_completed_at >= since AND full_pass_completed_at < until
