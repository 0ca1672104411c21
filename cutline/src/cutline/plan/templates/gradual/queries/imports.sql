-- One row about the imports of one side that were created in a span. The span and the side are
-- bound by Cutline: a query that asked the database for the time could not be asked about the past.
SELECT
    coalesce(sum(CASE WHEN status = 'done' THEN 1 ELSE 0 END), 0) AS ok,
    count(*) AS total,
    coalesce(sum(CASE WHEN status = 'stuck' THEN 1 ELSE 0 END), 0) AS stuck,
    coalesce(sum(CASE WHEN status = 'running' THEN 1 ELSE 0 END), 0) AS in_flight
FROM imports
WHERE side = :side AND created_at >= :from AND created_at < :to
