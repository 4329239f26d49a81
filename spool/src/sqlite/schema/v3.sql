-- The trace that a push belongs to, if any: W3C Trace Context's trace id, span id and flags, 25 bytes.
ALTER TABLE push ADD COLUMN trace BLOB;
