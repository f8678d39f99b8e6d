package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one side encodes the other side decodes as the same. */
class RoundTripTest {
  private static final int ROUNDS = 50;

  private final SplittableRandom random = new SplittableRandom(20261123);

  @ParameterizedTest
  @EnumSource
  void everyRequestArrivesAsItWasSent(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    for (int round = 0; round < ROUNDS; round++) {
      for (Request request : requests()) {
        long id = random.nextLong(1, Long.MAX_VALUE);
        Call call = codec.decodeCall(Golden.body(codec.encodeCall(id, request)));
        assertNotNull(call);
        assertEquals(request.isAsync(), call.async());
        assertEquals(request.isAsync() ? 0L : id, call.id());
        assertEquals(Plain.show(request), Plain.show(call.request()));
      }
    }
  }

  @Test
  void everyRequestHasARoundTrip() {
    List<? extends Class<?>> tried = requests().stream().map(Object::getClass).toList();
    for (Class<?> type : Request.class.getPermittedSubclasses()) {
      assertTrue(
          tried.contains(type) || type == Request.Unknown.class || type == Request.Refused.class,
          type.getSimpleName());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyAsyncMessageArrivesAsItWasSent(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    for (int round = 0; round < ROUNDS; round++) {
      Map<Object, Object> info = new LinkedHashMap<>();
      info.put("length", random.nextLong());
      info.put("size", random.nextDouble());
      for (ServerMessage message :
          List.of(
              new ServerMessage.InvalidateTransaction(tid(), oids(random.nextInt(3000) / 2)),
              new ServerMessage.Info(info),
              new ServerMessage.ReceiveBlobStart(oid(), tid()),
              new ServerMessage.ReceiveBlobChunk(oid(), tid(), bytes()),
              new ServerMessage.ReceiveBlobStop(oid(), tid()),
              new ServerMessage.RaidView(
                  random.nextLong(), List.of("a", "b"), "none is reached"))) {
        ServerMessage other = codec.decodeServerMessage(Golden.body(codec.encodeAsync(message)));
        assertEquals(Plain.show(message), Plain.show(other));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theAnswersToAServerThatFollowsArriveAsTheyWereSent(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    Followed followed =
        new Followed(7, List.of("a", "b"), tid(), List.of(new Invalidations(tid(), oids(3))));
    assertEquals(followed, Followed.ofPlain(sent(codec, followed.toPlain())));
    PeerVote vote = new PeerVote(tid(), oids(2));
    assertEquals(vote, PeerVote.ofPlain(sent(codec, vote.toPlain())));
    assertThrows(ProtocolException.class, () -> Followed.ofPlain(List.of(1L)));
    assertThrows(
        ProtocolException.class,
        () -> Followed.ofPlain(List.of(1L, List.of(), new byte[8], List.of("x"))));
    assertThrows(ProtocolException.class, () -> PeerVote.ofPlain(null));
  }

  @ParameterizedTest
  @EnumSource
  void everyReplyArrivesAsItWasSent(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    for (int round = 0; round < ROUNDS * 20; round++) {
      long id = random.nextLong();
      Object value = value(4);
      var reply = new ServerMessage.Reply(id, value);
      ServerMessage other = codec.decodeServerMessage(Golden.body(codec.encodeReply(id, value)));
      assertEquals(show(encoding, reply), Plain.show(other));
      if (value != null) {
        var error = new RemoteError("builtins.SomeError", value);
        other = codec.decodeServerMessage(Golden.body(codec.encodeFailure(id, error)));
        assertEquals(show(encoding, new ServerMessage.Failure(id, error)), Plain.show(other));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSinkGetsTheSameFrame(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    for (int round = 0; round < ROUNDS; round++) {
      Object value =
          round % 2 == 0 ? value(4) : new Loaded(new byte[random.nextInt(1000)], tid(), null);
      var sink = new Sink();
      codec.encodeReply(7L, value, sink);
      assertArrayEquals(codec.encodeReply(7L, value), sink.frame.array());
      assertEquals(0, sink.frame.remaining());
    }
  }

  @Test
  void aSinkGetsNothingOfWhatCannotBeEncoded() {
    var sink = new Sink();
    for (Encoding encoding : Encoding.values()) {
      Codec codec = Codec.of(encoding, Limits.DEFAULT);
      assertThrows(
          IllegalArgumentException.class, () -> codec.encodeReply(7L, new StringBuilder(), sink));
    }
    assertEquals(0, sink.frame.capacity());
  }

  private static final class Sink implements FrameSink {
    private ByteBuffer frame = ByteBuffer.allocate(0);

    @Override
    public void begin(int bytes) {
      frame = ByteBuffer.allocate(bytes);
    }

    @Override
    public void put(byte[] bytes, int offset, int length) {
      frame.put(bytes, offset, length);
    }
  }

  @ParameterizedTest
  @EnumSource
  void recordsOfRepliesArriveAsTheyWereSent(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    for (int round = 0; round < ROUNDS; round++) {
      var loaded = new Loaded(bytes(), tid(), optionalTid());
      assertEquals(Plain.show(loaded), Plain.show(Results.loaded(sent(codec, loaded))));
      var record =
          new DataRecord(oid(), tid(), random.nextBoolean() ? null : bytes(), optionalTid());
      assertEquals(Plain.show(record), Plain.show(Results.record(sent(codec, record))));
      var header = new TransactionHeader(tid(), " ", bytes(), "text", Map.of("key", 1L));
      assertEquals(Plain.show(header), Plain.show(Results.transaction(sent(codec, header))));
      var current = new CurrentRecord(oid(), tid(), bytes(), random.nextBoolean() ? null : oid());
      assertEquals(Plain.show(current), Plain.show(Results.currentRecord(sent(codec, current))));
      var invalidations = new Invalidations(tid(), oids(random.nextInt(5)));
      assertEquals(
          Plain.show(invalidations), Plain.show(Results.invalidations(sent(codec, invalidations))));
      var resolved = new VoteAnswer.Resolved(oids(random.nextInt(3)));
      assertEquals(Plain.show(resolved), Plain.show(Results.vote(sent(codec, resolved))));
      assertEquals(Tid.MAX, Results.tid(sent(codec, Tid.MAX)));
      assertEquals(Tid.NONE, Results.tid(sent(codec, null)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void idsAreEchoedAsTheyCame(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    Object id = List.of(Oid.ROOT.toBytes(), Tid.MAX.toBytes());
    Call call =
        codec.decodeCall(
            Golden.body(codec.encodeCall(id, new Request.LoadBefore(Oid.ROOT, Tid.MAX))));
    assertNotNull(call);
    List<?> reply = codec.decode(Golden.body(codec.encodeReply(call.id(), null)), true);
    assertEquals(Plain.show(id), Plain.show(reply.get(0)));
  }

  @ParameterizedTest
  @EnumSource
  void keepAliveIsNoCall(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    assertNull(codec.decodeCall(Golden.body(codec.encodeKeepAlive())));
  }

  /** As FileStorage.history, which a stock server asks without looking. */
  @ParameterizedTest
  @EnumSource
  void aHistoryOfNothingOrWithoutASizeIsAnError(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    assertEquals(
        "POSKeyError: None",
        refusal(codec, Arrays.asList(1L, false, "history", tuple(null, null))));
    assertEquals(
        "TypeError: the size of a history should be an int",
        refusal(codec, Arrays.asList(1L, false, "history", tuple(new byte[8], null))));
  }

  private static List<?> tuple(@Nullable Object... elements) {
    return Arrays.asList(elements);
  }

  private static String refusal(Codec codec, List<?> message) {
    Call call = codec.decodeCall(Golden.body(frame(codec.encoding(), message)));
    assertNotNull(call);
    return Errors.describe(assertInstanceOf(Request.Refused.class, call.request()).error());
  }

  @ParameterizedTest
  @EnumSource
  void unknownMethodsAreNamed(Encoding encoding) {
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    byte[] frame = frame(encoding, Arrays.asList(1L, false, "zap", 7L));
    Call call = codec.decodeCall(Golden.body(frame));
    assertNotNull(call);
    assertEquals(new Request.Unknown("zap"), call.request());
    assertThrows(IllegalArgumentException.class, () -> codec.encodeCall(1, call.request()));
  }

  @Test
  void prefixesCannotGoIntoMsgpack() {
    var request = new Request.UndoInfo(0, -20, new Prefix(List.of("", "site")));
    Codec codec = Codec.of(Encoding.MSGPACK, Limits.DEFAULT);
    assertThrows(IllegalArgumentException.class, () -> codec.encodeCall(1, request));
  }

  @Test
  void hugeIntsCannotGoIntoMsgpack() {
    Codec codec = Codec.of(Encoding.MSGPACK, Limits.DEFAULT);
    for (BigInteger huge :
        List.of(
            BigInteger.ONE.shiftLeft(64),
            BigInteger.ONE.shiftLeft(63).negate().subtract(BigInteger.ONE))) {
      assertThrows(IllegalArgumentException.class, () -> codec.encodeReply(1L, huge));
    }
  }

  @Test
  void defaultsOfLeftOutArgumentsAreThoseOfTheServer() {
    assertEquals(new Request.NewOids(100), decode("new_oids"));
    assertEquals(new Request.Pack(5, true), decode("pack", 5L));
    assertEquals(new Request.History(Oid.ROOT, 1), decode("history", (Object) new byte[8]));
    assertEquals(new Request.RecordIternext(null), decode("record_iternext"));
    assertEquals(
        new Request.TpcBegin(1L, "", "", null, null, " "), decode("tpc_begin", 1L, "", "", null));
    assertEquals(
        "Store( Oid( Long 0) Tid( Long 0) b'' Long 1)",
        Plain.show(decode("storea", new byte[8], null, new byte[0], 1L)));
  }

  private static Request decode(String method, @Nullable Object... arguments) {
    byte[] frame = frame(Encoding.PICKLE, Arrays.asList(1L, 0L, method, Arrays.asList(arguments)));
    Call call = Codec.of(Encoding.PICKLE, Limits.DEFAULT).decodeCall(Golden.body(frame));
    assertNotNull(call);
    return call.request();
  }

  static byte[] frame(Encoding encoding, Object message) {
    return switch (encoding) {
      case PICKLE -> PickleWriter.frame(message);
      case MSGPACK -> MsgpackWriter.frame(message);
    };
  }

  private static @Nullable Object sent(Codec codec, @Nullable Object value) {
    ServerMessage message = codec.decodeServerMessage(Golden.body(codec.encodeReply(1L, value)));
    return ((ServerMessage.Reply) message).value();
  }

  private static String show(Encoding encoding, Object value) {
    String text = Plain.show(value);
    return encoding == Encoding.MSGPACK ? text.replace("list[", "tuple(") : text;
  }

  private List<Request> requests() {
    Object transaction = random.nextLong();
    return List.of(
        new Request.Register("1", random.nextBoolean()),
        new Request.GetInfo(),
        new Request.LastTransaction(),
        new Request.Ping(),
        new Request.SetClientLabel("label " + random.nextInt()),
        new Request.GetInvalidations(tid()),
        new Request.LoadBefore(oid(), tid()),
        new Request.LoadSerial(oid(), tid()),
        new Request.GetTid(oid()),
        new Request.History(oid(), random.nextInt()),
        new Request.NewOids(random.nextInt(200)),
        new Request.Pack(random.nextDouble() * 2e9, random.nextBoolean()),
        new Request.UndoLog(random.nextInt(100), -random.nextInt(100)),
        new Request.UndoInfo(
            random.nextInt(100), -20, random.nextBoolean() ? null : Map.of("user_name", bytes())),
        new Request.RecordIternext(random.nextBoolean() ? null : oid()),
        new Request.IteratorStart(optionalTid(), optionalTid()),
        new Request.IteratorNext(random.nextInt(1000)),
        new Request.IteratorRecordStart(random.nextInt(1000), tid()),
        new Request.IteratorRecordNext(random.nextInt(100000)),
        new Request.IteratorGc(random.longs(random.nextInt(4)).boxed().toList()),
        new Request.TpcBegin(
            transaction, bytes(), "text", Map.of("key", value(1) + ""), optionalTid(), " "),
        new Request.Store(oid(), tid(), bytes(), transaction),
        new Request.CheckCurrentSerial(oid(), tid(), transaction),
        new Request.Restore(
            oid(), tid(), random.nextBoolean() ? null : bytes(), optionalTid(), transaction),
        new Request.DeleteObject(oid(), tid(), transaction),
        new Request.Undo(bytes(), transaction),
        new Request.StoreBlobStart(),
        new Request.StoreBlobChunk(bytes()),
        new Request.StoreBlobEnd(oid(), tid(), bytes(), transaction),
        new Request.StoreBlobShared(oid(), tid(), bytes(), "0x01.tmp", transaction),
        new Request.SendBlob(oid(), tid()),
        new Request.Vote(transaction),
        new Request.TpcFinish(transaction),
        new Request.TpcAbort(transaction),
        new Request.ServerStatus(),
        new Request.RaidStatus(),
        new Request.RaidDetails(),
        new Request.RaidDisable("backend-1"),
        new Request.RaidRecover("backend-2"),
        new Request.RaidReload(),
        new Request.RaidPack(random.nextDouble()),
        new Request.RaidFollow("1", "primary-1", "server-2", tid()),
        new Request.RaidVote(random.nextLong(), random.nextBoolean()),
        new Request.RaidReport("backend-2"));
  }

  private Tid tid() {
    return new Tid(random.nextLong());
  }

  private @Nullable Tid optionalTid() {
    return random.nextBoolean() ? null : tid();
  }

  private Oid oid() {
    return new Oid(random.nextLong());
  }

  private List<Oid> oids(int count) {
    return random.longs(count).mapToObj(Oid::new).toList();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(random.nextBoolean() ? 20 : 700)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Any plain value that both encodings carry. */
  private @Nullable Object value(int depth) {
    return switch (random.nextInt(depth == 0 ? 8 : 11)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextLong();
      case 3 -> (long) random.nextInt(-300, 300);
      case 4 -> random.nextDouble();
      case 5 -> bytes();
      case 6 -> Character.toString(random.nextInt(0x20, 0xd800)).repeat(random.nextInt(300));
      case 7 -> BigInteger.ONE.shiftLeft(63).add(BigInteger.valueOf(random.nextInt(1000)));
      case 8 -> values(depth);
      case 9 -> new PyList(values(depth));
      default -> {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        for (long i = random.nextInt(3); i > 0; i--) {
          map.put(random.nextBoolean() ? i : "key " + i, value(depth - 1));
        }
        yield map;
      }
    };
  }

  private List<@Nullable Object> values(int depth) {
    @Nullable Object[] values = new @Nullable Object[random.nextInt(6)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(depth - 1);
    }
    return Arrays.asList(values);
  }
}
