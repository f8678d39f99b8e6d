package io.zeoraid.bench.servers;

import io.zeoraid.bench.generator.BenchException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/** Free ports of the loopback interface, none handed out twice. Confined to one thread. */
final class Ports {
  /**
   * Outside the range from which Linux and macOS take the ports of outgoing connections: a client
   * that tries a port there again and again can meet itself.
   */
  private static final int FIRST = 12_000;

  private static final int END = 32_000;
  private static final int TRIES = 1000;

  private final Random random = new Random();
  private final Set<Integer> taken = new HashSet<>();

  /** The first of so many consecutive ports that are free now. */
  int free(int count) {
    for (int i = 0; i < TRIES; i++) {
      int first = random.nextInt(FIRST, END - count);
      if (areFree(first, count)) {
        for (int port = first; port < first + count; port++) {
          taken.add(port);
        }
        return first;
      }
    }
    throw new BenchException("no " + count + " free ports in " + FIRST + " to " + END);
  }

  private boolean areFree(int first, int count) {
    for (int port = first; port < first + count; port++) {
      if (taken.contains(port)) {
        return false;
      }
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(address(port));
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }

  static InetSocketAddress address(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
