"""Version 5: the schema an answer was asked by, and its tokens with their probabilities.

The tokens stand behind the text, so that who reads texts alone does not read over their pages.
"""

STATEMENTS = (
    "ALTER TABLE messages ADD COLUMN schema TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE messages ADD COLUMN tokens BLOB",
)
