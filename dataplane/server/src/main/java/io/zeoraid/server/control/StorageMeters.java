package io.zeoraid.server.control;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Counts what one storage does, for {@code /q/metrics}. All methods may be called from any thread,
 * at any rate: each costs a few nanoseconds and allocates nothing. Nothing is ever reset.
 */
public final class StorageMeters {
  private final String storage;
  private final LatencyHistogram loads = new LatencyHistogram();
  private final LatencyHistogram commits = new LatencyHistogram();
  private final LongAdder aborts = new LongAdder();
  private final LongAdder conflicts = new LongAdder();
  private final LongAdder stores = new LongAdder();
  private final LongAdder storedBytes = new LongAdder();
  private final LongAdder cacheHits = new LongAdder();
  private final LongAdder cacheMisses = new LongAdder();
  private volatile LongSupplier cacheBytes = () -> 0;
  private volatile int clients;
  private volatile int waiting;

  StorageMeters(String storage) {
    this.storage = storage;
  }

  /**
   * A client's load was answered, from a backend or from the cache.
   *
   * @param nanos from its arrival to its answer
   */
  public void loadAnswered(long nanos) {
    loads.record(nanos);
  }

  /**
   * A client's transaction was committed.
   *
   * @param nanos from the arrival of the client's vote to the answer to its finish
   */
  public void committed(long nanos) {
    commits.record(nanos);
  }

  /** A client's transaction ended without a commit, for whatever reason. */
  public void aborted() {
    aborts.increment();
  }

  /** A client was told of a conflict. */
  public void conflicted() {
    conflicts.increment();
  }

  /**
   * A client stored a record.
   *
   * @param bytes the size of its data
   */
  public void stored(long bytes) {
    stores.increment();
    storedBytes.add(bytes);
  }

  /** A load was answered from the cache. */
  public void cacheHit() {
    cacheHits.increment();
  }

  /** A load was not answered from the cache, though there is one. */
  public void cacheMissed() {
    cacheMisses.increment();
  }

  /**
   * What the cache takes.
   *
   * @param bytes is asked at each look, on any thread
   */
  public void cacheBytes(LongSupplier bytes) {
    cacheBytes = bytes;
  }

  /**
   * So many clients are connected now.
   *
   * @param number the whole number, not a difference
   */
  public void clients(int number) {
    clients = number;
  }

  /**
   * So many transactions wait for their turn to be voted now.
   *
   * @param number the whole number, not a difference
   */
  public void waiting(int number) {
    waiting = number;
  }

  /** Loads answered so far. */
  public long loadCount() {
    return loads.count();
  }

  /** Transactions committed so far. */
  public long commitCount() {
    return commits.count();
  }

  /** Transactions aborted so far. */
  public long abortCount() {
    return aborts.sum();
  }

  /** Conflicts told so far. */
  public long conflictCount() {
    return conflicts.sum();
  }

  /** Records stored so far. */
  public long storeCount() {
    return stores.sum();
  }

  String storage() {
    return storage;
  }

  LatencyHistogram loads() {
    return loads;
  }

  LatencyHistogram commits() {
    return commits;
  }

  long aborts() {
    return aborts.sum();
  }

  long conflicts() {
    return conflicts.sum();
  }

  long stores() {
    return stores.sum();
  }

  long storedBytes() {
    return storedBytes.sum();
  }

  long cacheHits() {
    return cacheHits.sum();
  }

  long cacheMisses() {
    return cacheMisses.sum();
  }

  long cacheBytes() {
    return cacheBytes.getAsLong();
  }

  int clients() {
    return clients;
  }

  int waiting() {
    return waiting;
  }
}
