"""The commands of `hectis`, one file a noun; `hectis_flow.cli` collects them."""
