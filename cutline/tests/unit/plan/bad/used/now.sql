-- now() in a comment is none
SELECT count(*) AS ok
FROM imports
WHERE side = :side AND at >= :from AND at < now()
