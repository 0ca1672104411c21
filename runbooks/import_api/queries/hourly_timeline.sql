-- Query 6: how many imports of one side were taken in, hour by hour, up to the end of the span; only whole hours,
-- empty ones included. An hour is settings.hour_s long. hours, imports and ok are JSON lists in step; last is the
-- newest hour, usual the mean of those before it, drop_pct how far last lies below usual (NULL with one hour or none).
WITH RECURSIVE span AS (
    SELECT julianday(:from) AS since, julianday(:to) AS until, hour_s / 86400.0 AS hour FROM settings
), hours (number, since, until) AS (
    SELECT 1, until - hour, until FROM span WHERE until - hour >= span.since - 1e-9
    UNION ALL
    SELECT number + 1, hours.since - hour, hours.since FROM hours, span
     WHERE hours.since - hour >= span.since - 1e-9 AND number < 10000
), filled AS (
    SELECT number, strftime('%Y-%m-%dT%H:%M:%fZ', hours.since) AS hour,
           count(id) AS imports, count(id) FILTER (WHERE full_pass_status = 'complete') AS ok
      FROM hours LEFT JOIN user_profiles ON pipeline = :side
       AND created_at >= strftime('%Y-%m-%dT%H:%M:%fZ', hours.since)
       AND created_at < strftime('%Y-%m-%dT%H:%M:%fZ', hours.until)
     GROUP BY number ORDER BY hour
), told AS (
    SELECT (SELECT imports FROM filled WHERE number = 1) AS last,
           (SELECT avg(imports) FROM filled WHERE number > 1) AS usual
)
SELECT
    (SELECT json_group_array(hour) FROM filled) AS hours,
    (SELECT json_group_array(imports) FROM filled) AS imports,
    (SELECT json_group_array(ok) FROM filled) AS ok,
    last, usual,
    100.0 * max(0.0, usual - last) / nullif(usual, 0) AS drop_pct
  FROM told
