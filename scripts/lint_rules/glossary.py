"""GLOSSARY.md is in alphabetical order, so that a word is found, and explained once."""

import re

ROW = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)


def check(name, text):
    words = [(found.group(1).lower(), text.count("\n", 0, found.start()) + 1) for found in ROW.finditer(text)][1:]
    for (before, _), (word, line) in zip(words, words[1:]):
        if word <= before:
            yield f"{name}:{line}: '{word}' stands behind '{before}'; the words are in alphabetical order"
