"""Reports of test commands: JUnit XML and TAP, and from what stands in them to results with a place."""
