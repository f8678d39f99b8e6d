/** What is told of a RAID: pure functions from what was seen to the status of its ZeoRaid. */
@NullMarked
package io.zeoraid.operator.status;

import org.jspecify.annotations.NullMarked;
