package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.zeoraid.control.v1.BackendState;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StatusMessagesTest {

  @ParameterizedTest
  @EnumSource
  void bringsAStatusThereAndBackUnchanged(RaidState state) {
    RaidStatus status = FakeControl.status("1", state);

    assertEquals(status, StatusMessages.fromMessage(StatusMessages.toMessage(status)));
  }

  @Test
  void bringsSuspectedLossTheConfigurationPackAndWaiting() {
    RaidStatus plain = FakeControl.status("1", RaidState.FAILED);
    RaidStatus status =
        new RaidStatus(
            plain.storage(),
            plain.state(),
            plain.detail(),
            plain.serving(),
            plain.epoch(),
            plain.primary(),
            plain.server(),
            plain.lastTid(),
            plain.backends(),
            true,
            new TreeSet<>(List.of(new BackendName("z"))),
            "packing backend z",
            true);

    assertEquals(status, StatusMessages.fromMessage(StatusMessages.toMessage(status)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"in-sync", "recovering", "failed", "missing", "diverged", "disabled"})
  void hasAConstantForEachStateOfABackend(String state) {
    var message = StatusMessages.toMessage(raidWithBackendIn(state));

    assertEquals(state, StatusMessages.fromMessage(message).backends().getFirst().state());
  }

  @Test
  void keepsTheTextOfABackendWhoseStateHasNoConstant() {
    var message = StatusMessages.toMessage(raidWithBackendIn("moonlit"));

    assertEquals(BackendState.BACKEND_STATE_UNSPECIFIED, message.getBackends(0).getState());
    BackendStatus back = StatusMessages.fromMessage(message).backends().getFirst();
    assertEquals("unknown", back.state());
    assertEquals("moonlit: why", back.text());
  }

  @Test
  void refusesAStateOfTheRaidThatIsNewerThanThisProgram() {
    var message =
        StatusMessages.toMessage(FakeControl.status("1", RaidState.OPTIMAL)).toBuilder()
            .setStateValue(99)
            .build();

    assertThrows(
        StatusMessages.UnknownStateException.class, () -> StatusMessages.fromMessage(message));
  }

  private static RaidStatus raidWithBackendIn(String state) {
    return new RaidStatus(
        "1",
        RaidState.OPTIMAL,
        "",
        true,
        1,
        "p",
        "p",
        Tid.MAX,
        List.of(
            new BackendStatus(
                new BackendName("a"), state, state + ": why", true, new Tid(-1), null)));
  }
}
