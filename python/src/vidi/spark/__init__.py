"""vidi on Apache Spark."""
