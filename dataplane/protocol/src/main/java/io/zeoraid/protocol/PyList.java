package io.zeoraid.protocol;

import java.util.ArrayList;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A Python {@code list}, as against a {@code tuple}, for which any other {@link java.util.List}
 * stands. Equal to every list with the same elements. Pickle tells the two apart, and a decoded
 * list is written as a list again; msgpack knows only arrays.
 *
 * <p>Not thread-safe, like any {@link ArrayList}; once it is part of a message nobody changes it.
 */
public final class PyList extends ArrayList<@Nullable Object> {
  private static final long serialVersionUID = 1L;

  /** An empty list. */
  public PyList() {}

  /** A list of these elements. */
  public PyList(Collection<? extends @Nullable Object> elements) {
    super(elements);
  }
}
