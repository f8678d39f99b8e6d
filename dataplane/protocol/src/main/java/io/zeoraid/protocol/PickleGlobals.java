package io.zeoraid.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The globals that a pickle may name, and what they stand for. Each is known by its full name and
 * means one fixed way to read data; a name never leads to a class or function of this process. A
 * stock server looks up whatever {@code builtins} has, {@code eval} included ({@code
 * server_find_global} in {@code ZEO/asyncio/marshal.py}).
 */
enum PickleGlobals {
  /**
   * What clients may name: {@code zodbpickle.binary}, {@code ZopeUndo.Prefix} with what pickles of
   * protocol 0 and 1 need for it, and {@code dict}, called with pairs.
   */
  OF_A_CLIENT,
  /** What servers may name besides: the exceptions inside {@code MultipleUndoErrors}. */
  OF_A_SERVER;

  private static final String EXCEPTIONS = "ZODB.POSException";

  /** A global as it stands on the stack of the reader; no plain data, so it never gets out. */
  private sealed interface Global {}

  private enum Known implements Global {
    BINARY,
    PREFIX,
    RECONSTRUCTOR,
    OBJECT,
    DICT,
    RECON
  }

  private record ExceptionClass(String name) implements Global {}

  /** A Prefix before its state is known. */
  private static final class EmptyPrefix {
    @Override
    public String toString() {
      return "a Prefix without a path";
    }
  }

  /**
   * The global of this name.
   *
   * @throws ProtocolException if it may not be named
   */
  Object find(String module, String name) {
    String global = module + "." + name;
    switch (global) {
      case "zodbpickle.binary" -> {
        return Known.BINARY;
      }
      case "ZopeUndo.Prefix.Prefix" -> {
        return Known.PREFIX;
      }
      case "copy_reg._reconstructor", "copyreg._reconstructor" -> {
        return Known.RECONSTRUCTOR;
      }
      case "__builtin__.object", "builtins.object" -> {
        return Known.OBJECT;
      }
      case "__builtin__.dict", "builtins.dict" -> {
        return Known.DICT;
      }
      default -> {}
    }
    if (this == OF_A_SERVER && module.equals(EXCEPTIONS)) {
      return name.equals("_recon") ? Known.RECON : new ExceptionClass(global);
    }
    throw PickleReader.broken(
        ("it names the global " + Words.describe(global) + "; only zodbpickle.binary, ")
            + "ZopeUndo.Prefix and dict are allowed");
  }

  /**
   * What Python gets by calling the global.
   *
   * @throws ProtocolException if ZEO's messages have no such call
   */
  static @Nullable Object call(@Nullable Object global, @Nullable Object arguments) {
    if (arguments instanceof List<?> list) {
      if (global == Known.BINARY && list.size() <= 1) {
        return binary(list.isEmpty() ? "" : list.get(0));
      }
      if (global == Known.PREFIX && list.isEmpty()) {
        return new EmptyPrefix();
      }
      if (global == Known.RECONSTRUCTOR
          && list.equals(Arrays.asList(Known.PREFIX, Known.OBJECT, null))) {
        return new EmptyPrefix();
      }
      if (global == Known.DICT && list.size() <= 1) {
        return dict(list.isEmpty() ? List.of() : list.get(0));
      }
      if (global == Known.RECON
          && list.size() == 2
          && list.get(0) instanceof ExceptionClass type
          && list.get(1) instanceof Map<?, ?> state) {
        return exception(type, state);
      }
    }
    throw PickleReader.broken(
        "it calls "
            + (global instanceof Global ? global : Words.kind(global))
            + (" with " + Words.kind(arguments) + "; only plain data is allowed"));
  }

  /**
   * What Python gets by setting the state of the object.
   *
   * @throws ProtocolException if it is not a Prefix
   */
  static Object build(@Nullable Object object, @Nullable Object state) {
    if (object instanceof EmptyPrefix
        && state instanceof Map<?, ?> attributes
        && attributes.get("path") instanceof List<?> elements) {
      List<String> path = new ArrayList<>(elements.size());
      for (Object element : elements) {
        if (!(element instanceof String text)) {
          throw PickleReader.broken(
              "the path of a Prefix should be of str, not of " + Words.kind(element));
        }
        path.add(text);
      }
      return new Prefix(List.copyOf(path));
    }
    throw PickleReader.broken(
        "it sets the state of " + Words.kind(object) + "; only a Prefix with a path may have one");
  }

  /** Some classes of applications reduce themselves to a dict, in a transaction's extension. */
  private static Map<@Nullable Object, @Nullable Object> dict(@Nullable Object pairs) {
    if (!(pairs instanceof List<?> elements)) {
      throw PickleReader.broken("it makes a dict of " + Words.kind(pairs) + ", not of pairs");
    }
    Map<@Nullable Object, @Nullable Object> dict = new LinkedHashMap<>();
    for (Object element : elements) {
      if (!(element instanceof List<?> pair) || pair.size() != 2) {
        throw PickleReader.broken("it makes a dict of " + Words.kind(element) + ", not of pairs");
      }
      Dicts.put(dict, pair.get(0), pair.get(1));
    }
    return dict;
  }

  private static byte[] binary(@Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return bytes;
    }
    // A string of Python 2: one character for each byte.
    if (value instanceof String text && text.chars().allMatch(c -> c <= 0xff)) {
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }
    throw PickleReader.broken("zodbpickle.binary should get bytes, not " + Words.kind(value));
  }

  /**
   * An exception in the form in which msgpack has it: {@code (class, exc.__dict__ or exc.args)}.
   */
  private static List<@Nullable Object> exception(ExceptionClass type, Map<?, ?> state) {
    Map<@Nullable Object, @Nullable Object> attributes = new LinkedHashMap<>(state);
    Object arguments = attributes.remove("args");
    return Arrays.asList(type.name(), attributes.isEmpty() ? arguments : attributes);
  }
}
