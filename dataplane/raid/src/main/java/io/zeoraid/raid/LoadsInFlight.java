package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * R5: loads that are on their way to backends. Several of the same object with the same bound are
 * one call: the revision that was current just before a bound is the same for all. What its reply
 * says about "next" is good for the moment at which the call was asked, whenever a load joined it;
 * so for all of them it is corrected by everything announced since then.
 */
final class LoadsInFlight {

  /** One call to a backend, and the loads that wait for it. */
  static final class Call {
    final Oid oid;

    /** The bound that is asked; a load's own may lie after it, for what is not announced yet. */
    final Tid bound;

    /** The newest announcement when it was asked. */
    Announcements.Entry asked;

    final List<Question.Before> questions = new ArrayList<>(2);

    /** Whether announcements were missed since, so that its reply can't be corrected. */
    boolean stale;

    private Call(Oid oid, Tid bound, Announcements.Entry asked) {
      this.oid = oid;
      this.bound = bound;
      this.asked = asked;
    }
  }

  private record Key(Oid oid, Tid bound) {
    /** Written out for the native executable, see {@link Oid#equals}. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that && oid.equals(that.oid) && bound.equals(that.bound);
    }

    @Override
    public int hashCode() {
      return 31 * oid.hashCode() + bound.hashCode();
    }
  }

  private final Raid raid;
  private final Map<Key, Call> calls = new LinkedHashMap<>();

  LoadsInFlight(Raid raid) {
    this.raid = raid;
  }

  /** Lets the load wait for the call under way that asks the same; false if there is none. */
  boolean join(Question.Before question, Tid bound) {
    Call call = calls.get(new Key(question.oid(), bound));
    if (call == null) {
      return false;
    }
    call.questions.add(question);
    if (!raid.keeps(Safeguard.JOINED_LOADS_CORRECTED)) {
      call.asked = raid.announcements.newest();
    }
    return true;
  }

  /** A call for this load, which others may join until it ends. */
  Call begin(Question.Before question, Tid bound) {
    Call call = new Call(question.oid(), bound, raid.announcements.newest());
    call.questions.add(question);
    calls.put(new Key(question.oid(), bound), call);
    return call;
  }

  /** The call is answered, or lost: nobody joins it any more. */
  void end(Call call) {
    calls.remove(new Key(call.oid, call.bound), call);
  }

  void clientLeft(long session) {
    calls
        .values()
        .forEach(call -> call.questions.removeIf(question -> question.session() == session));
  }

  /** Announcements were missed: no reply to what is under way can be corrected. */
  void announcementsMissed() {
    calls.values().forEach(call -> call.stale = true);
    calls.clear();
  }
}
