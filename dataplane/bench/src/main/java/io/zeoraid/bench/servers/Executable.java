package io.zeoraid.bench.servers;

import java.util.ArrayList;
import java.util.List;

/**
 * A form of ZEORaid, which is its server and its command line. Immutable.
 *
 * @param name what it is called in results
 * @param command what is run, before ZEORaid's own arguments
 */
public record Executable(String name, List<String> command) {
  /** Compiled ahead of time; it needs no JVM. */
  public static final String NATIVE = "native";

  /** The jar on the JVM that runs this. */
  public static final String JVM = "jvm";

  /** The same with what such a JVM has learned before: as in the image of the server. */
  public static final String JVM_AOT = "jvm-aot";

  public Executable {
    command = List.copyOf(command);
  }

  List<String> with(String... arguments) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    return all;
  }
}
