"""What the README's numbers come from: one file per promise, each figure beside a reference taken in the same run."""
