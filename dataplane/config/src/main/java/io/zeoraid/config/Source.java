package io.zeoraid.config;

import java.nio.file.Path;

/**
 * A file, or a text that stands for one.
 *
 * @param name for messages
 * @param directory what relative names in it are joined to
 * @param order 0 for the first one read, then counting; sorts messages
 */
record Source(String name, Path directory, int order) {}
