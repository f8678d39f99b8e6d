package io.zeoraid.simulation;

import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import org.jspecify.annotations.Nullable;

/** The record changes only as the protocol allows. */
final class LegalMembership implements Checker {
  private @Nullable MembershipRecord before;

  @Override
  public void recordChanged(MembershipRecord now) {
    MembershipRecord old = before;
    before = now;
    if (old == null) {
      return;
    }
    boolean same = old.backends().equals(now.backends()) && old.primary().equals(now.primary());
    require(now.epoch() - old.epoch() == (same ? 0 : 1), "the epoch goes from", old, now);
    require(now.revision() == old.revision() + 1, "the revision goes from", old, now);
    require(!old.lastTid().isAfter(now.lastTid()), "lastTid goes back", old, now);
    require(now.nextOid() >= old.nextOid(), "nextOid goes back", old, now);
    now.backends()
        .forEach((name, state) -> {
          BackendState was = old.backends().get(name);
          switch (state) {
            case BackendState.InSync inSync ->
                require(
                    was instanceof BackendState.InSync || was instanceof BackendState.Recovering,
                    name + " is taken in without recovery",
                    old,
                    now);
            case BackendState.Recovering recovering ->
                require(
                    !(was instanceof BackendState.InSync),
                    name + " is recovered though it was in sync",
                    old,
                    now);
            case BackendState.Out out ->
                require(
                    out.reason() == OutReason.DISABLED || was == null || !isDisabled(was),
                    name + " was disabled, and nobody asked for it",
                    old,
                    now);
          }
        });
  }

  private static boolean isDisabled(BackendState state) {
    return state instanceof BackendState.Out out && out.reason() == OutReason.DISABLED;
  }

  private static void require(
      boolean holds, String what, MembershipRecord old, MembershipRecord now) {
    if (!holds) {
      throw new Violation(what + ": from " + old + " to " + now);
    }
  }
}
