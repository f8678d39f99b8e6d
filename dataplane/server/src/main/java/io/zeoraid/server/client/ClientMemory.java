package io.zeoraid.server.client;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What all clients together make this server hold: half-sent messages, calls without an answer,
 * answers that they don't read, transactions. When that is too much, transactions move into files,
 * and then those go that have held something for longest: an honest client's message or answer is
 * through in a moment, and a hostile one's stays. Who holds most is not asked, for that may be the
 * one honest client that stores a large object.
 *
 * <p>Small amounts are not counted ({@link #SLACK}), so that an ordinary message costs a
 * comparison. What was counted may be stale, too high, until it matters. Confined to the event
 * loop.
 */
final class ClientMemory {

  /** Who makes this server hold something. */
  interface Holder {
    /** Bytes that it holds just now, as far as they are known. */
    long heldBytes();

    /** Holds less, without anybody noticing. */
    void relieve();

    /** Holds nothing any more. */
    void evict(String why);
  }

  /** Bytes by which a client's account may be wrong. */
  static final long SLACK = 16 << 10;

  private final long mostBytes;

  /** Those that hold something, in the order in which they began to. */
  private final Set<Account> holding = new LinkedHashSet<>();

  private long total;
  private boolean makingRoom;

  ClientMemory(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** What is counted of one client. */
  final class Account {
    private final Holder holder;
    private long counted;

    private Account(Holder holder) {
      this.holder = holder;
    }

    /** To be called when the client may hold more than before. */
    void update() {
      long held = holder.heldBytes();
      if (Math.abs(held - counted) > SLACK) {
        count(held);
        if (total > mostBytes && !makingRoom) {
          makingRoom = true;
          makeRoom();
          makingRoom = false;
        }
      }
    }

    /** The client is gone. */
    void close() {
      count(0);
    }

    private void count(long held) {
      long now = held <= SLACK ? 0 : held;
      total += now - counted;
      counted = now;
      if (now == 0) {
        holding.remove(this);
      } else {
        holding.add(this);
      }
    }
  }

  Account open(Holder holder) {
    return new Account(holder);
  }

  /** What is counted of all. */
  long total() {
    return total;
  }

  /** Makes more room than is needed at the moment, so that this is not done for each message. */
  private void makeRoom() {
    long goal = mostBytes - mostBytes / 8;
    List<Account> oldestFirst = List.copyOf(holding);
    oldestFirst.forEach(account -> account.count(account.holder.heldBytes()));
    if (total <= mostBytes) {
      return;
    }
    for (Account account : oldestFirst) {
      if (total <= goal) {
        return;
      }
      account.holder.relieve();
      account.count(account.holder.heldBytes());
    }
    for (Account account : oldestFirst) {
      if (total <= goal) {
        return;
      }
      if (account.counted > 0) {
        account.holder.evict(
            "all clients together take up more than "
                + mostBytes
                + " bytes (total-client-memory), and this one has held "
                + account.counted
                + " of them for longest");
        account.close();
      }
    }
  }
}
