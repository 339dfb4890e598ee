// The whole of one library is linked into this program with only what that library may use: a call upwards is
// an undefined reference.
int main() {
  return 0;
}
