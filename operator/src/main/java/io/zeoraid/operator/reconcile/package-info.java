/** Does what {@code plan} decides, and tells what {@code status} makes of it. */
@NullMarked
package io.zeoraid.operator.reconcile;

import org.jspecify.annotations.NullMarked;
