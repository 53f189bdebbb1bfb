/** The broker did something else than the script says. Any other error is a fault of the script or of its surroundings. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}
