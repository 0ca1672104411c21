-- Imports of one side that were created in the span; times come from the driver's clock.
SELECT
    count(*) FILTER (WHERE status = 'done') AS ok,
    count(*) AS total,
    count(*) FILTER (WHERE status = 'running' AND touched_at < CAST(:to AS timestamptz) - interval '30 minutes') AS stuck,
    count(*) FILTER (WHERE status = 'running') AS in_flight,
    coalesce(100.0 * avg(CASE WHEN seconds > 1800 THEN 1 ELSE 0 END), 0)::float8 AS over_30m_pct,
    coalesce(array_agg(seconds) FILTER (WHERE seconds IS NOT NULL), '{}') AS seconds,
    coalesce(array_agg(DISTINCT error) FILTER (WHERE error IS NOT NULL), '{}') AS errors
FROM imports
WHERE side = :side AND created_at >= :from AND created_at < :to
