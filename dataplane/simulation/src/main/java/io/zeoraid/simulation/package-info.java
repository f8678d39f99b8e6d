/**
 * Deterministic simulation of a RAID: the decisions of {@code io.zeoraid.raid} in several servers,
 * model ZEO servers, clients with caches and the membership store, in virtual time and from one
 * seed. {@link io.zeoraid.simulation.Checker}s watch what can be seen from outside.
 */
@NullMarked
package io.zeoraid.simulation;

import org.jspecify.annotations.NullMarked;
