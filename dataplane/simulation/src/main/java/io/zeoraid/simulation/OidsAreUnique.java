package io.zeoraid.simulation;

import io.zeoraid.protocol.Oid;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** No oid is handed out twice. */
final class OidsAreUnique implements Checker {
  private final Set<Oid> given = new HashSet<>();

  @Override
  public void oidsGiven(List<Oid> oids) {
    for (Oid oid : oids) {
      if (!given.add(oid)) {
        throw new Violation(oid + " was handed out twice");
      }
    }
  }
}
