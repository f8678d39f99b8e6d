package io.zeoraid.config;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A configuration that can't be used. Its message lists every error found, one a line, each {@code
 * FILE:LINE: …}.
 *
 * <p>If sections are not closed or not balanced, only the errors of syntax are listed: what belongs
 * where can't be told then.
 */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<ConfigError> errors;

  ConfigException(List<ConfigError> errors, int errorsNotListed) {
    super(
        errors.stream().map(ConfigError::toString).collect(Collectors.joining("\n"))
            + (errorsNotListed == 0 ? "" : "\nand " + errorsNotListed + " more errors"));
    this.errors = List.copyOf(errors);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The errors found, in the order of the file; at least one, at most 100. */
  public List<ConfigError> errors() {
    return errors;
  }
}
