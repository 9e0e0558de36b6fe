-- The tables of a vault, version 2. Values that only this client reads are encoded as in airlock-wire's codec.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    account       BLOB PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE, -- ours for them
    introduced_as TEXT,                                -- theirs for themselves
    verified      INTEGER NOT NULL,
    relay         TEXT NOT NULL,
    token         BLOB NOT NULL,
    devices       BLOB,                                -- newest signed device list
    added_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id         BLOB PRIMARY KEY,
    account    BLOB NOT NULL,
    device     BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    heard_ms   INTEGER NOT NULL, -- when it last opened a message; 0 before
    state      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_device ON session (device, heard_ms, created_ms);

-- Sessions that made room for newer ones, so that a repeated first message does not start them again.
CREATE TABLE forgotten_session (
    id           BLOB PRIMARY KEY,
    forgotten_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE prekey (
    kind    TEXT NOT NULL,
    id      INTEGER NOT NULL,
    secret  BLOB NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    number    INTEGER PRIMARY KEY,
    id        BLOB NOT NULL,
    account   BLOB NOT NULL, -- the other side of the conversation
    incoming  INTEGER NOT NULL,
    text      TEXT NOT NULL,
    original  TEXT,          -- what was written, when a rewrite of it was sent
    at_ms     INTEGER NOT NULL,
    delivery  TEXT NOT NULL,
    failure   TEXT,
    effect    TEXT,          -- what the gate did
    unread    INTEGER NOT NULL,
    untaken   INTEGER NOT NULL, -- not yet printed by `receive`
    UNIQUE (account, incoming, id)
) STRICT;
CREATE INDEX message_of_conversation ON message (account, number);
CREATE INDEX message_unread ON message (account) WHERE unread = 1;
CREATE INDEX message_untaken ON message (number) WHERE untaken = 1;
CREATE INDEX message_by_id ON message (id);

-- The file of a message. Its ciphertext, as far as it is here, is in the home's folder `blobs/`.
CREATE TABLE attachment (
    account    BLOB NOT NULL,
    incoming   INTEGER NOT NULL,
    message    BLOB NOT NULL,
    attachment BLOB NOT NULL, -- what it is, as its sender says
    pointer    BLOB NOT NULL, -- opens the ciphertext
    blob       BLOB NOT NULL, -- names the ciphertext, here and at the relay
    upload     BLOB,          -- of ours: what the relay is told of the ciphertext
    state      TEXT NOT NULL, -- ours: uploading, uploaded, refused; theirs: offered, fetched, gone
    PRIMARY KEY (account, incoming, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_in_state ON attachment (state);

CREATE TABLE outbox (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    submit  BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL REFERENCES contact (account),
    device  BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    message BLOB,    -- the message that waits for it, if one does
    report  INTEGER  -- the report that waits for it, if one does
) STRICT;
CREATE INDEX outbox_of_message ON outbox (message);

CREATE TABLE receipt (
    account BLOB NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (account, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_made (
    number    INTEGER PRIMARY KEY,
    message   BLOB NOT NULL,
    authority BLOB NOT NULL,
    report    BLOB NOT NULL,
    code_text TEXT NOT NULL,
    state     TEXT NOT NULL,
    failure   TEXT,
    bytes     INTEGER NOT NULL, -- sealed bytes that left, or wait to
    at_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE report_received (
    number      INTEGER PRIMARY KEY,
    account     BLOB NOT NULL,
    report      BLOB NOT NULL,
    at_ms       INTEGER NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    entry   BLOB NOT NULL,
    hash    BLOB NOT NULL, -- over the hash before and the entry
    key     BLOB,          -- of the commitments in the entry; null when it has none or was forgotten
    content BLOB,          -- what the hook judged; null as the key is
    file    BLOB           -- digest of the file that it judged, in audit_file
) STRICT;
CREATE INDEX audit_of_file ON audit (file) WHERE file IS NOT NULL;

CREATE TABLE audit_file (
    digest BLOB PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;
