package io.zeoraid.simulation;

import io.zeoraid.raid.AdminRequest;
import io.zeoraid.raid.Safeguard;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
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
 * everything must come right again: commits succeed, and all backends end in sync, with all RAID
 * servers serving.
 */
public final class RandomRun {
  private static final long SHORT_MILLIS = 45_000;
  private static final long LONG_MILLIS = 900_000;
  private static final long PATIENCE_MILLIS = 300_000;

  /** A long history is copied transaction by transaction, over a slow network. */
  private static final long LONG_PATIENCE_MILLIS = 3_000_000;

  /** In so many runs there is one in which the clients look at history, too. */
  private static final long BROWSED_ONCE_IN = 10;

  private static final long STEP_MILLIS = 3000;
  private static final long AFTERWARDS_MILLIS = 15_000;

  /** How a run ended. */
  public enum Outcome {
    /** Every property held, and all came right in the end. */
    PASSED,
    /** The last copy was lost within one compare-and-set. */
    ALL_COPIES_LOST
  }

  private final World world;
  private final Faults faults;
  private final long faultsMillis;
  private final long patience;
  private final List<ClientWork> work = new ArrayList<>();

  /**
   * @param isLong whether the faults last for a quarter of an hour instead of 45 s
   * @param traced whether a transcript is kept
   * @param leftOut safeguards that are left out, to show that the checkers notice
   */
  public RandomRun(long seed, boolean isLong, boolean traced, Set<Safeguard> leftOut) {
    RandomGenerator choice = new SplittableRandom(seed * 31 + 7);
    faultsMillis = isLong ? LONG_MILLIS : SHORT_MILLIS;
    world =
        new World(
            new World.Options(
                seed,
                choice.nextInt(5) == 0 ? 1 : (int) choice.nextLong(2, 4),
                (int) choice.nextLong(2, 4),
                choice.nextBoolean() ? 5 : choice.nextBoolean() ? 20 : 60,
                choice.nextBoolean() ? 0 : 0.4,
                choice.nextBoolean() ? 0 : 10_000,
                choice.nextBoolean() ? 3 : 100,
                new SplittableRandom(seed * 37 + 5).nextInt(3) == 0,
                choice.nextBoolean(),
                traced,
                leftOut));
    faults = new Faults(world, choice.nextBoolean() ? 1000 : 5000);
    world.whenRecordChanges = faults::recordChanged;
    world.beforeDelivery = faults::beforeDelivery;
    List<RaidProcess> raids = world.raids();
    patience = isLong ? LONG_PATIENCE_MILLIS : PATIENCE_MILLIS;
    long clients = choice.nextLong(2, 5);
    boolean browses = seed % BROWSED_ONCE_IN == BROWSED_ONCE_IN / 2;
    for (int i = 0; i < clients; i++) {
      String slot = choice.nextBoolean() ? "" : raids.get((int) choice.nextLong(raids.size())).slot;
      work.add(new ClientWork(world, world.newClient(slot), browses));
    }
  }

  World world() {
    return world;
  }

  /** What happened, line by line; empty if it was not to be kept. */
  public List<String> transcript() {
    return world.trace();
  }

  /** The virtual time, in milliseconds. */
  public long millis() {
    return world.scheduler.now();
  }

  /**
   * Runs.
   *
   * @throws Violation if a property did not hold
   */
  public Outcome run() {
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
    world.run(faultsMillis);
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
    for (long t = 0; t < patience && !done.getAsBoolean(); t += STEP_MILLIS) {
      administer();
      world.run(STEP_MILLIS);
    }
  }

  private boolean isOptimal() {
    return world.store.record().orElseThrow().backends().values().stream()
            .allMatch(BackendState.InSync.class::isInstance)
        && world.raids().stream().allMatch(raid -> raid.core().status().serving());
  }

  private String status() {
    StringBuilder text = new StringBuilder();
    world.raids().forEach(raid -> text.append("\n  ").append(raid.core().status()));
    return text.toString();
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
            world
                .primary()
                .ifPresent(raid -> world.wish(raid, new AdminRequest.Recover(name), answer -> {}));
          }
        });
  }
}
