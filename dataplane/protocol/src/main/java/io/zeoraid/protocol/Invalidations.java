package io.zeoraid.protocol;

import java.util.List;

/**
 * What {@code getInvalidations} answers.
 *
 * @param tid the newest transaction
 * @param oids the objects changed since the transaction that was asked about, each once, in no
 *     order
 */
public record Invalidations(Tid tid, List<Oid> oids) {}
