-- Query 5: both sides beside each other, of those that ended in the span. :side does not matter here.
-- The shares are NULL where nothing ended.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), ended AS (
    SELECT pipeline, full_pass_status = 'complete' AS is_ok
      FROM user_profiles, span
     WHERE full_pass_completed_at >= since AND full_pass_completed_at < until
)
SELECT
    count(*) FILTER (WHERE pipeline = 'v1' AND is_ok) AS v1_ok,
    count(*) FILTER (WHERE pipeline = 'v1') AS v1_total,
    count(*) FILTER (WHERE pipeline = 'v2' AND is_ok) AS v2_ok,
    count(*) FILTER (WHERE pipeline = 'v2') AS v2_total,
    100.0 * avg(is_ok) FILTER (WHERE pipeline = 'v1') AS v1_success_rate_pct,
    100.0 * avg(is_ok) FILTER (WHERE pipeline = 'v2') AS v2_success_rate_pct,
    100.0 * count(*) FILTER (WHERE pipeline = 'v2') / nullif(count(*), 0) AS v2_share_pct
  FROM ended
