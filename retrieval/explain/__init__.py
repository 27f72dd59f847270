"""Why a stage ranked a passage as it did."""
