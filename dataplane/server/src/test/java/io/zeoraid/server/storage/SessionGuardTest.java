package io.zeoraid.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.Effect;
import io.zeoraid.server.client.StorageSession;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SessionGuardTest {
  private final Map<Long, StorageSession> sessions = new LinkedHashMap<>();
  private final List<String> happened = new ArrayList<>();
  private final SessionGuard guard = new SessionGuard("main");
  private final Broadcast broadcast = new Broadcast(guard);

  @Test
  void onlyTheSessionThatFailsIsDropped() {
    Fake bad = new Fake(1);
    new Fake(2);
    bad.trouble = new IllegalArgumentException("not in msgpack");

    guard.run(bad, session -> session.answered(7, new ClientReply.Done()));

    assertEquals(List.of("1 dropped: a defect of this server"), happened);
  }

  @Test
  void anErrorIsTheSessionsOwnToo() {
    Fake bad = new Fake(1);
    guard.run(
        bad,
        session -> {
          throw new OutOfMemoryError("for a long reply");
        });

    assertEquals(List.of("1 dropped: a defect of this server"), happened);
  }

  @Test
  void theOthersAreToldAlthoughOneLeavesInTheMidst() {
    new Fake(1);
    new Fake(2).trouble = new IllegalStateException("no handshake yet");
    new Fake(3);

    broadcast.announce(new Effect.Announce(new Tid(5), List.of(), 0), sessions.values());

    assertEquals(List.of("1 sent", "2 dropped: a defect of this server", "3 sent"), happened);
    assertEquals(List.of(1L, 3L), List.copyOf(sessions.keySet()));
  }

  @Test
  void whatCannotBeSaidToOneSessionDropsIt() {
    Fake bad = new Fake(1);
    ServerMessage aReply = new ServerMessage.Reply(1, null);

    broadcast.tell(bad, aReply);

    assertEquals(List.of("1 dropped: a defect of this server"), happened);
  }

  @Test
  void oneThatCannotEvenBeDroppedHarmsNobody() {
    Fake bad = new Fake(1);
    new Fake(2);
    bad.trouble = new IllegalStateException("first");
    bad.troubleWithDrop = new IllegalStateException("second");

    broadcast.announce(new Effect.Announce(new Tid(5), List.of(), 0), sessions.values());

    assertEquals(List.of("2 sent"), happened);
  }

  /** Leaves at once when it is dropped. */
  private final class Fake implements StorageSession {
    private final long number;
    private @Nullable RuntimeException trouble;
    private @Nullable RuntimeException troubleWithDrop;

    Fake(long number) {
      this.number = number;
      sessions.put(number, this);
    }

    @Override
    public long number() {
      return number;
    }

    @Override
    public Encoding encoding() {
      return Encoding.MSGPACK;
    }

    @Override
    public boolean isRegistered() {
      return true;
    }

    @Override
    public void answered(long request, ClientReply reply) {
      send(new byte[0]);
    }

    @Override
    public void send(byte[] frame) {
      if (trouble != null) {
        throw trouble;
      }
      happened.add(number + " sent");
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void whenWritable(Runnable task) {}

    @Override
    public void drop(String why) {
      if (troubleWithDrop != null) {
        throw troubleWithDrop;
      }
      sessions.remove(number);
      happened.add(number + " dropped: " + why);
    }
  }
}
