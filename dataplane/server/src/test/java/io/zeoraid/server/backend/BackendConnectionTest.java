package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.Address;
import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.server.backend.FakeZeo.Peer;
import io.zeoraid.server.net.Loop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a small server on the loopback interface: opening, calling, losing. */
@Timeout(120)
final class BackendConnectionTest {
  private static final long LONG = 60_000;
  private static final Tid LAST = new Tid(0x100);

  private final Loop loop = new Loop("test");
  private final Heard heard = new Heard();
  private FakeZeo zeo;

  @BeforeEach
  void listen() throws IOException {
    zeo = FakeZeo.onLoopback();
  }

  @AfterEach
  void stop() throws IOException {
    zeo.close();
    loop.close();
  }

  // Opening.

  @ParameterizedTest
  @ValueSource(strings = {"Z5", "M5"})
  void registersInPickleWhateverTheServerAnnounces(String greeting) throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = zeo.accept()) {
      peer.greet(greeting);
      assertEquals("Z5", peer.readText());
      Call register = peer.expect("register");
      assertEquals(new Request.Register("main", false), register.request());
      Call info = peer.expect("get_info");
      assertEquals(new Request.SetClientLabel("us"), peer.next().request());
      peer.reply(register, LAST.toBytes());
      peer.reply(info, Map.of("length", 3L));

      assertEquals(new Heard.Info(Map.of("length", 3L)), heard.next());
      assertEquals(new Heard.Opened(LAST), heard.next());
    }
  }

  @Test
  void aCommitWhileItRegistersIsNotMissed() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = zeo.accept()) {
      peer.greet("Z5");
      peer.readText();
      Call register = peer.expect("register");
      Call info = peer.expect("get_info");
      peer.reply(register, LAST.toBytes());
      peer.send(new ServerMessage.InvalidateTransaction(LAST.next(), List.of()));
      peer.reply(info, Map.of());

      assertInstanceOf(Heard.Info.class, heard.next());
      assertEquals(new Heard.Opened(LAST.next()), heard.next());
    }
  }

  @Test
  void aServerWithoutTheStorageIsLostInItsOwnWords() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = zeo.accept()) {
      peer.greet("Z5");
      peer.readText();
      peer.fail(peer.expect("register"), Errors.valueError("unknown storage: main"));

      assertEquals(
          new Heard.Lost("it refused storage 'main': ValueError: unknown storage: main", false),
          heard.next());
      peer.awaitClose();
    }
  }

  @Test
  void aServerThatAcceptsAndSaysNothingIsHung() throws Exception {
    open(target(LONG, LONG, zeo.address()), 200);
    try (Peer peer = zeo.accept()) {
      assertEquals(
          new Heard.Lost(
              "no connection within 200 ms ("
                  + zeo.address()
                  + " accepted the connection and said nothing)",
              true),
          heard.next());
      peer.awaitClose();
    }
  }

  @Test
  void aServerThatGreetsAndThenSaysNothingIsHung() throws Exception {
    open(target(LONG, LONG, zeo.address()), 200);
    try (Peer peer = zeo.accept()) {
      peer.greet("Z5");

      assertEquals(new Heard.Lost("no connection within 200 ms", true), heard.next());
    }
  }

  @Test
  void nobodyListensIsToldInWords() throws Exception {
    Address nowhere = zeo.address();
    zeo.close();
    open(target(LONG, LONG, nowhere), LONG);

    Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
    assertTrue(lost.why().startsWith("can't connect: " + nowhere + ": "), lost.why());
    assertTrue(lost.why().contains("Connection refused"), lost.why());
    assertFalse(lost.hung());
  }

  @Test
  void aHostThatThereIsNotIsToldInWords() throws Exception {
    open(target(LONG, LONG, new Address.Tcp("no-such-host.invalid", 8100)), LONG);

    Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
    assertTrue(
        lost.why().startsWith("can't connect: no-such-host.invalid:8100: no-such-host.invalid"),
        lost.why());
  }

  @Test
  void aNameIsLookedUp() throws Exception {
    int port = ((Address.Tcp) zeo.address()).port();
    open(target(LONG, LONG, new Address.Tcp("localhost", port)), LONG);
    zeo.acceptReady(LAST).close();

    assertInstanceOf(Heard.Info.class, heard.next());
    assertEquals(new Heard.Opened(LAST), heard.next());
  }

  @Test
  void addressesAreTriedInTheirOrderUntilOneAccepts(@TempDir Path directory) throws Exception {
    try (FakeZeo never = FakeZeo.onLoopback()) {
      open(
          target(
              LONG,
              LONG,
              new Address.Unix(directory.resolve("missing.sock")),
              zeo.address(),
              never.address()),
          LONG);
      zeo.acceptReady(LAST).close();

      assertInstanceOf(Heard.Info.class, heard.next());
      assertEquals(new Heard.Opened(LAST), heard.next());
    }
  }

  @Test
  void connectsToUnixSockets(@TempDir Path directory) throws Exception {
    try (FakeZeo unix = FakeZeo.onUnixSocket(directory.resolve("zeo.sock"))) {
      open(target(LONG, LONG, unix.address()), LONG);
      unix.acceptReady(LAST).close();

      assertInstanceOf(Heard.Info.class, heard.next());
      assertEquals(new Heard.Opened(LAST), heard.next());
    }
  }

  @Test
  void somethingElseThanAZeo5ServerIsNamed() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = zeo.accept()) {
      peer.greet("Z309");

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertTrue(lost.why().startsWith("it does not speak ZEO 5: "), lost.why());
      assertTrue(lost.why().contains("Z309"), lost.why());
    }
  }

  @Test
  void aServerThatClosesBeforeItIsReadyIsLost() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    zeo.accept().close();

    assertEquals(
        new Heard.Lost(
            "the connection was closed before it was ready ("
                + zeo.address()
                + " accepted the connection and said nothing)",
            false),
        heard.next());
  }

  // Calling.

  @Test
  void whatTheServerSaysIsHeardInItsOrder() throws Exception {
    BackendConnection connection = open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      call(connection, 5, new Request.LastTransaction());
      call(connection, 6, new Request.GetTid(new Oid(1)));
      Call first = peer.expect("lastTransaction");
      Call second = peer.expect("getTid");
      peer.send(new ServerMessage.InvalidateTransaction(new Tid(0x101), List.of(new Oid(1))));
      peer.send(new ServerMessage.InvalidateTransaction(new Tid(0x102), List.of()));
      peer.fail(second, Errors.posKeyError(new Oid(1)));
      peer.send(new ServerMessage.InvalidateTransaction(new Tid(0x103), List.of()));
      peer.send(new ServerMessage.Info(Map.of("size", 9L)));
      peer.reply(first, "x");

      assertEquals(new Heard.Invalidated(new Tid(0x101)), heard.next());
      assertEquals(new Heard.Invalidated(new Tid(0x102)), heard.next());
      assertEquals(6, assertInstanceOf(Heard.Failed.class, heard.next()).call());
      assertEquals(new Heard.Invalidated(new Tid(0x103)), heard.next());
      assertEquals(new Heard.Info(Map.of("size", 9L)), heard.next());
      assertEquals(new Heard.Packed(), heard.next());
      assertEquals(new Heard.Replied(5, "x"), heard.next());
    }
  }

  @Test
  void theSizeThatComesWithACommitIsNotThatOfAPack() throws Exception {
    BackendConnection connection = open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      call(connection, 5, new Request.TpcFinish(1L));
      Call finish = peer.expect("tpc_finish");
      peer.send(new ServerMessage.Info(Map.of("size", 9L)));
      peer.reply(finish, "x");
      peer.send(new ServerMessage.Info(Map.of("size", 5L)));

      assertEquals(new Heard.Info(Map.of("size", 9L)), heard.next());
      assertEquals(new Heard.Replied(5, "x"), heard.next());
      assertEquals(new Heard.Info(Map.of("size", 5L)), heard.next());
      assertEquals(new Heard.Packed(), heard.next());
    }
  }

  @Test
  void aBlobThatNobodyHasAskedForBreaksTheConnection() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      peer.send(new ServerMessage.ReceiveBlobStart(new Oid(1), LAST));

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertTrue(lost.why().contains("a blob that nobody had asked for"), lost.why());
    }
  }

  @Test
  void aMessageThatIsTooLongBreaksTheConnection() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      peer.write(ByteBuffer.allocate(4).putInt((8 << 20) + 1).array());

      assertInstanceOf(Heard.Lost.class, heard.next());
      peer.awaitClose();
    }
  }

  @Test
  void whatIsNoMessageBreaksTheConnection() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      peer.write(Handshake.frame(new byte[] {'x'}));

      Heard.Lost lost = assertInstanceOf(Heard.Lost.class, heard.next());
      assertTrue(lost.why().startsWith("it does not speak ZEO 5: "), lost.why());
    }
  }

  // Losing.

  @Test
  void aServerThatGoesIsLostAndNotHung() throws Exception {
    open(target(LONG, LONG, zeo.address()), LONG);
    ready().close();

    assertEquals(new Heard.Lost("the connection was closed", false), heard.next());
  }

  @Test
  void aServerThatOwesAnAnswerAndGivesNoSignOfLifeIsHung() throws Exception {
    BackendConnection connection = open(target(300, 100, zeo.address()), LONG);
    try (Peer peer = ready()) {
      call(connection, 5, new Request.LastTransaction());

      assertEquals(new Heard.Lost("it has not answered for 300 ms", true), heard.next());
      peer.awaitClose();
    }
  }

  @Test
  void anIdleServerThatAnswersNoPingIsHung() throws Exception {
    open(target(300, 100, zeo.address()), LONG);
    try (Peer peer = ready()) {
      assertInstanceOf(Request.Ping.class, peer.next().request());

      assertEquals(new Heard.Lost("it has not answered for 300 ms", true), heard.next());
    }
  }

  @Test
  void aSlowServerThatAnswersPingsIsNotHung() throws Exception {
    BackendConnection connection = open(target(1000, 50, zeo.address()), LONG);
    try (Peer peer = ready()) {
      call(connection, 5, new Request.LastTransaction());
      Call slow = peer.expect("lastTransaction");
      // At least 50 ms lie between two pings, so these take longer than the time-out.
      for (int pings = 0; pings < 25; pings++) {
        Call ping = peer.next();
        assertInstanceOf(Request.Ping.class, ping.request());
        peer.reply(ping, null);
      }
      assertTrue(heard.isSilent());
      peer.reply(slow, LAST.toBytes());

      assertEquals(5, assertInstanceOf(Heard.Replied.class, heard.next()).call());
    }
  }

  @Test
  void whoClosesTheConnectionHearsNoMoreOfIt() throws Exception {
    BackendConnection connection = open(target(LONG, LONG, zeo.address()), LONG);
    try (Peer peer = ready()) {
      onLoop(connection::close);
      peer.awaitClose();
      onLoop(() -> {});

      assertTrue(heard.isSilent());
    }
  }

  private Peer ready() throws Exception {
    Peer peer = zeo.acceptReady(LAST);
    assertInstanceOf(Heard.Info.class, heard.next());
    assertEquals(new Heard.Opened(LAST), heard.next());
    return peer;
  }

  private BackendConnection open(BackendTarget target, long millis) {
    BackendConnection connection = new BackendConnection(loop, target, heard);
    onLoop(() -> connection.open(millis));
    return connection;
  }

  private void call(BackendConnection connection, long call, Request request) {
    onLoop(() -> connection.call(call, request));
  }

  private void onLoop(Runnable task) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.execute(() -> {
      task.run();
      done.complete(true);
    });
    done.join();
  }

  private static BackendTarget target(long timeoutMillis, long pingMillis, Address... addresses) {
    return new BackendTarget(
        "a",
        List.of(addresses),
        "main",
        "us",
        8 << 20,
        timeoutMillis,
        pingMillis,
        BackendTarget.Kind.BACKEND,
        Optional.empty());
  }
}
