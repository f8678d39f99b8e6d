package io.zeoraid.raid;

import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.status.RaidState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * One random run from a seed: a world with clients at work, faults for a while, then calm, in which
 * everything must come right again: commits succeed, and all backends end in sync.
 */
final class RandomRun {
  private static final long FAULTS_MILLIS = 45_000;
  private static final long PATIENCE_MILLIS = 300_000;
  private static final long STEP_MILLIS = 3000;
  private static final long AFTERWARDS_MILLIS = 15_000;

  /** How a run ended. */
  enum Outcome {
    PASSED,
    /** The last copy was lost within one compare-and-set. */
    ALL_COPIES_LOST
  }

  private final World world;
  private final Faults faults;
  private final List<ClientWork> work = new ArrayList<>();

  RandomRun(long seed, Set<Safeguard> leftOut) {
    RandomGenerator choice = new SplittableRandom(seed * 31 + 7);
    world =
        new World(
            new World.Options(
                seed,
                (int) choice.nextLong(2, 4),
                choice.nextBoolean() ? 5 : choice.nextBoolean() ? 20 : 60,
                choice.nextBoolean() ? 0 : 0.4,
                choice.nextBoolean() ? 0 : 10_000,
                choice.nextBoolean() ? 3 : 100,
                leftOut));
    faults = new Faults(world, choice.nextBoolean() ? 1500 : 5000);
    long clients = choice.nextLong(2, 5);
    for (int i = 0; i < clients; i++) {
      work.add(new ClientWork(world, world.newClient()));
    }
  }

  World world() {
    return world;
  }

  Outcome run() {
    try {
      live();
      return Outcome.PASSED;
    } catch (Damage.AllCopiesLost e) {
      return Outcome.ALL_COPIES_LOST;
    }
  }

  private void live() {
    world.start();
    world.clients().forEach(ModelClient::connect);
    faults.begin();
    world.run(FAULTS_MILLIS);
    faults.stop();
    Map<ModelClient, Integer> before = new LinkedHashMap<>();
    world.clients().forEach(client -> before.put(client, client.commits()));
    waitUntil(() -> before.entrySet().stream().allMatch(e -> e.getKey().commits() > e.getValue()));
    before.forEach((client, commits) -> {
      if (client.commits() <= commits) {
        throw new Violation(client.name + " can't commit though all is well" + status());
      }
    });
    work.forEach(ClientWork::stop);
    waitUntil(this::isOptimal);
    if (!isOptimal()) {
      throw new Violation("all is well, but the RAID says" + status());
    }
    world.run(AFTERWARDS_MILLIS);
    world.end();
  }

  private void waitUntil(BooleanSupplier done) {
    for (long t = 0; t < PATIENCE_MILLIS && !done.getAsBoolean(); t += STEP_MILLIS) {
      administer();
      world.run(STEP_MILLIS);
    }
  }

  private boolean isOptimal() {
    return world.raid().core().status().state() == RaidState.OPTIMAL;
  }

  private String status() {
    return ": " + world.raid().core().status();
  }

  /** What a person does: fresh volumes for those that diverged, and a wish for each that is out. */
  private void administer() {
    MembershipRecord record = world.store.record().orElse(null);
    if (record == null) {
      return;
    }
    record
        .backends()
        .forEach((name, state) -> {
          if (state instanceof BackendState.Out out
              && out.reason() != OutReason.FAILED
              && out.reason() != OutReason.MISSING) {
            if (out.reason() == OutReason.DIVERGED) {
              ModelServer server = world.server(name);
              server.replaceVolume(0);
              server.restart();
            }
            world.wish(new AdminRequest.Recover(name), answer -> {});
          }
        });
  }
}
