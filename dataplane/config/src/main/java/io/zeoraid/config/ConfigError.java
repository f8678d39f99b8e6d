package io.zeoraid.config;

/**
 * One thing wrong with a configuration file.
 *
 * @param file the file as it was named by whoever loaded or included it
 * @param line from 1; 0 if the file as a whole is meant
 * @param message names section, key, the value found and what is allowed
 */
public record ConfigError(String file, int line, String message) {

  /** {@code FILE:LINE: MESSAGE}, or {@code FILE: MESSAGE}. */
  @Override
  public String toString() {
    return line == 0 ? file + ": " + message : file + ":" + line + ": " + message;
  }
}
