package io.zeoraid.config;

/**
 * A {@code key value} line.
 *
 * @param key in lower case
 * @param value after substitution, without white space around it; empty if the line has only a key
 * @param broken the value could not be had, and that has been reported: the key counts as given,
 *     the value must not be looked at
 */
record Entry(String key, String value, boolean broken, Location at) {}
