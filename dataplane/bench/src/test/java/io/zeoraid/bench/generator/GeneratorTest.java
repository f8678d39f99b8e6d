package io.zeoraid.bench.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.bench.echo.EchoServer;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorTest {
  private static final Span SHORT = new Span(20, 50);

  private static Sample run(Workload workload, Encoding announced, @Nullable Encoding wanted) {
    try (EchoServer echo = new EchoServer(announced);
        Generator generator = new Generator(wanted)) {
      return generator.run(echo.address(), workload, SHORT);
    }
  }

  private static void requireMeasured(Sample sample) {
    assertTrue(sample.operations() > 0);
    assertEquals(sample.operations(), sample.latencies().getTotalCount());
    assertTrue(sample.perSecond() > 0);
    assertTrue(sample.micros(50) > 0 && sample.micros(50) <= sample.micros(99));
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void loadsOneByOne(Encoding encoding) {
    requireMeasured(run(Workload.loads("loads", 2, 1), encoding, null));
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void keepsAWindowOfLoadsUnderWay(Encoding encoding) {
    requireMeasured(run(Workload.loads("loads", 2, 16), encoding, null));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void loadsWhatWasLoadedBefore(int window) {
    requireMeasured(run(Workload.hotLoads("hot", 2, window), Encoding.PICKLE, null));
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void commits(Encoding encoding) {
    requireMeasured(run(Workload.commits("commits", 3, 3, 500, 1_000_000), encoding, null));
  }

  @Test
  void commitsLargeObjects() {
    requireMeasured(run(Workload.commits("large", 1, 1, 1 << 20, 5), Encoding.PICKLE, null));
  }

  @Test
  void speaksAnotherEncodingThanIsAnnounced() {
    requireMeasured(run(Workload.loads("loads", 1, 1), Encoding.PICKLE, Encoding.MSGPACK));
  }

  @Test
  void endsAfterTheMostOperations() {
    Sample sample = run(Workload.commits("commits", 4, 1, 10, 7), Encoding.PICKLE, null);
    assertEquals(7, sample.operations());
  }

  @Test
  void saysWhyAServerCantBeMeasured() throws Exception {
    InetSocketAddress nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = (InetSocketAddress) socket.getLocalSocketAddress();
    }
    try (Generator generator = new Generator(null)) {
      BenchException refused =
          assertThrows(
              BenchException.class,
              () -> generator.run(nobody, Workload.loads("loads", 1, 1), SHORT));
      assertTrue(String.valueOf(refused.getMessage()).contains("can't connect"));
    }
  }

  @Test
  void saysThatTheServerClosedTheConnection() {
    try (EchoServer echo = new EchoServer(Encoding.PICKLE);
        Generator generator = new Generator(null);
        Caller caller = generator.call(echo.address())) {
      assertEquals(new Tid(1), caller.register());
      BenchException closed =
          assertThrows(BenchException.class, () -> caller.ask(new Request.GetInfo()));
      assertTrue(String.valueOf(closed.getMessage()).contains("closed the connection"));
    }
  }

  @Test
  void noticesAWrongRecord() {
    Oid oid = new Oid(5);
    assertEquals(null, Records.fault(oid, new Loaded(Records.of(oid), new Tid(1), null)));
    assertTrue(
        String.valueOf(Records.fault(oid, new Loaded(Records.of(new Oid(6)), new Tid(1), null)))
            .contains("another one"));
    assertTrue(
        String.valueOf(Records.fault(oid, new Loaded(Records.of(oid), new Tid(1), new Tid(2))))
            .contains("old one"));
    assertTrue(String.valueOf(Records.fault(oid, null)).contains("not to exist"));
  }
}
