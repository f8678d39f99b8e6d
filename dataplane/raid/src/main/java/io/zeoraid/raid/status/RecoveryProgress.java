package io.zeoraid.raid.status;

import io.zeoraid.protocol.Tid;

/**
 * How far the recovery of a backend is. A recovery is measured along the tids: nobody knows the
 * number of transactions beforehand.
 *
 * @param transactionsDone transactions copied by this recovery
 * @param bytesDone bytes of record data copied by this recovery
 * @param transactionsToDo an estimate of the transactions still to copy; -1 if there is none yet
 * @param bytesToDo an estimate of the bytes still to copy; -1 if there is none yet
 * @param bytesPerSecond the rate over the last seconds
 * @param at the last tid copied
 * @param goal the last tid of the RAID when this was said
 */
public record RecoveryProgress(
    long transactionsDone,
    long bytesDone,
    long transactionsToDo,
    long bytesToDo,
    double bytesPerSecond,
    Tid at,
    Tid goal) {}
