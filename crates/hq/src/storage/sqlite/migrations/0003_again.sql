-- The laptop that used a code: when the answer was lost on the line, the same laptop may show the code again.
ALTER TABLE enrolment ADD COLUMN device INTEGER;
