package io.zeoraid.raid;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Tid;

/** A client's load, on its way through {@link Read}. */
sealed interface Question {
  long session();

  long request();

  /** How often it was asked in vain. */
  int tries();

  /** The same, asked in vain once more. */
  Question again();

  record Before(long session, long request, Oid oid, Tid before, int tries) implements Question {
    @Override
    public Question again() {
      return new Before(session, request, oid, before, tries + 1);
    }
  }

  record Serial(long session, long request, Oid oid, Tid serial, int tries) implements Question {
    @Override
    public Question again() {
      return new Serial(session, request, oid, serial, tries + 1);
    }
  }
}
