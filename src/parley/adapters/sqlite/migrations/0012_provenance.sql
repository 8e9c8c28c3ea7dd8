-- Which file the database is, so that a copy put in its place is noticed.
ALTER TABLE store ADD COLUMN file TEXT;
