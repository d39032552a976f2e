#!/usr/bin/env python3
"""What scikit-learn's multinomial logistic regression makes of tables of three and of five classes. Writes
tests/data/statistics/logistic_regression.json.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    VENV/bin/python3 tests/golden/make_logistic_regression.py

src/batch/statistics/logistic_regression_test.cpp makes the same tables and labels."""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

OUT = Path(__file__).resolve().parent.parent / "data" / "statistics" / "logistic_regression.json"
# Rows, columns, classes, l2.
CASES = {"three": (300, 8, 3, 1e-2), "five": (500, 14, 5, 1e-4)}


def noise(i, j):
    """-1000 to 1000, from 32-bit arithmetic: that of make_statistics.py, whose libraries this script does not need."""
    x = (i.astype(numpy.uint32) * numpy.uint32(73856093)) ^ (j.astype(numpy.uint32) * numpy.uint32(19349663))
    x ^= x >> 13
    x *= numpy.uint32(0x5BD1E995)
    x ^= x >> 15
    return (x % 2001).astype(numpy.int64) - 1000


def table(rows, columns):
    """Each column shares half of its variance with the next; column 3 is constant, column 5 is not around 0."""
    i, j = numpy.indices((rows, columns))
    values = noise(i, j) + noise(i, j + 1)
    values[:, 3] = 7
    values[:, 5] += 4096
    return values


def labels_of(values, classes):
    """The class whose column is greatest, with some noise."""
    i, k = numpy.indices((len(values), classes))
    return numpy.argmax(values[:, :classes] + noise(i, 30_000 + k), axis=1)


def main():
    golden = {"versions": {"scikit-learn": sklearn.__version__}}
    for name, (rows, columns, classes, l2) in CASES.items():
        values = table(rows, columns)
        labels = labels_of(values, classes)
        scaled = values / 1024  # which floats keep exactly
        fitted = LogisticRegression(C=1 / (rows * l2), solver="newton-cholesky", tol=1e-12, max_iter=1000)
        fitted.fit(scaled, labels)
        golden[name] = {
            "rows": rows, "columns": columns, "classes": classes, "l2": l2,
            "label_counts": numpy.bincount(labels).tolist(),
            "weights": [float(f"{value:.9g}") for value in fitted.coef_.reshape(-1)],
            "intercepts": [float(f"{value:.9g}") for value in fitted.intercept_ - fitted.intercept_.mean()],
            "probabilities": [float(f"{value:.9g}") for value in fitted.predict_proba(scaled[:3]).reshape(-1)]}
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
