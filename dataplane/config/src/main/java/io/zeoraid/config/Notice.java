package io.zeoraid.config;

/**
 * Something in the file that was accepted but has no effect, and what takes its place.
 *
 * @param file the file as it was named by whoever loaded or included it
 * @param line from 1
 * @param key the key or section as the documentation spells it, e.g. {@code cluster-mode} or {@code
 *     <runner>}
 * @param text one or two sentences for the person who wrote the file
 */
public record Notice(String file, int line, String key, String text) {

  /** {@code FILE:LINE: KEY: TEXT}. */
  @Override
  public String toString() {
    return file + ":" + line + ": " + key + ": " + text;
  }
}
