-- Query 3: how long one side's imports took from start to end, as a histogram: quick (under settings.quick_s,
-- 10 minutes unless changed), middling, slow (over settings.slow_after_s, 30 minutes). seconds is a JSON list.
-- The shares are NULL where none ended.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), took AS (
    SELECT round((julianday(full_pass_completed_at) - julianday(full_pass_started_at)) * 86400, 3) AS seconds
      FROM user_profiles, span
     WHERE pipeline = :side AND full_pass_completed_at >= since AND full_pass_completed_at < until
)
SELECT
    count(*) AS total,
    count(*) FILTER (WHERE seconds < quick_s) AS quick,
    count(*) FILTER (WHERE seconds >= quick_s AND seconds <= slow_after_s) AS middling,
    count(*) FILTER (WHERE seconds > slow_after_s) AS slow,
    100.0 * count(*) FILTER (WHERE seconds < quick_s) / nullif(count(*), 0) AS quick_pct,
    100.0 * count(*) FILTER (WHERE seconds > slow_after_s) / nullif(count(*), 0) AS over_30m_pct,
    coalesce(json_group_array(seconds), '[]') AS seconds
  FROM took, settings
